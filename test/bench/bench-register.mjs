/** TypeScript for the benchmarks, without tsconfig's paths: they measure the built package, as its users run it. */
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
