#!/usr/bin/env node
import { explain } from './cli/explain.js';
import { program } from './cli/program.js';

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
