import type { Engine } from '../engine.js';
export class PostgresEngine { static async open(_name: string, _c: unknown, _s: AbortSignal): Promise<Engine> { throw new Error('not yet'); } }
