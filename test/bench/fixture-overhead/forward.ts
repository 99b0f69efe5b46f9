import { implement } from 'headrace/node';
import { forward } from './forty.js';

export default implement({ forward }, { forward: async (row) => row });
