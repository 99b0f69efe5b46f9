/** `node --import ./worker/dev/typescript.mjs FILE.ts` in this repository, without tsconfig's paths: headrace is the built package. */
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
