import { implement } from '../../sdk/node/index.js';
import { validateQuality } from './steps.js';
import { validate } from './validate.js';

export default implement({ validateQuality }, { validateQuality: validate });
