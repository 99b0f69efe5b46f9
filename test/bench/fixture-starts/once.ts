import { implement } from 'headrace/node';
import { once } from './one-step.js';

export default implement({ once }, { once: async () => undefined });
