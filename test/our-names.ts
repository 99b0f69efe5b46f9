import { readFileSync } from 'node:fs';

interface Package {
  name: string;
  exports: Record<string, string | { default: string }>;
}

const { name, exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Package;

/** The package's own names with their sources, as package.json has them built: `headrace/steps` is activities/steps.ts. */
export const ourNames: Record<string, string> = Object.fromEntries(
  Object.entries(exports).flatMap(([path, target]) => (typeof target === 'string' ? [] : [[name + path.slice(1), sourceOf(target.default)]])),
);

function sourceOf(built: string): string {
  return built.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts');
}
