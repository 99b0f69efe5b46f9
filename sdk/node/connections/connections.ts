import { dirname, isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { HeadraceError } from '../../authoring/errors.js';
import { Connection } from './kinds.js';
import { followFiles, resolveSecrets } from './secrets.js';
import { readSettingsFile, wrongSettings } from './settings-file.js';

const File = z.looseObject({ connections: z.record(z.string(), z.unknown()).default({}) });
const paths = ['folder', 'file', 'kubeconfig'] as const;

/** Named connections, from a file and the environment. Each is checked, and its secrets are read, when it is asked for. */
export class Connections {
  private constructor(
    private readonly declared: ReadonlyMap<string, unknown>,
    private readonly base: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /**
   * Reads headrace.json, where it is there, and HEADRACE_CONNECTION_<NAME> (a JSON object, or a postgres:// URL), which goes before it.
   *
   * @param file the path of the settings file
   * @throws HeadraceError bad_settings when the file cannot be read, bad_connection when a variable cannot
   */
  static read(file: string, environment: NodeJS.ProcessEnv = process.env): Connections {
    const declared = new Map(Object.entries(readFile(file)));
    for (const [variable, value] of Object.entries(environment)) {
      const name = /^HEADRACE_CONNECTION_(\w+)$/.exec(variable)?.[1]?.toLowerCase();
      if (name === undefined || value === undefined) continue;
      const known = [...declared.keys()].find((it) => asVariable(it) === name);
      declared.set(known ?? name, fromVariable(variable, value));
    }
    return new Connections(declared, dirname(resolve(file)), environment);
  }

  /** Connections that a program gives itself, such as a test. */
  static of(declared: Record<string, z.input<typeof Connection>>, base = process.cwd()): Connections {
    return new Connections(new Map(Object.entries(declared)), base, process.env);
  }

  names(): string[] {
    return [...this.declared.keys()].sort();
  }

  /**
   * A connection by name, checked, with its secrets: those from files are read again whenever they are asked for.
   *
   * @throws HeadraceError missing_connection, bad_connection or missing_secret
   */
  get<Kind extends Connection['kind']>(name: string, ...kinds: Kind[]): Extract<Connection, { kind: Kind }> {
    if (!this.declared.has(name)) {
      const known = this.names().join(', ') || 'none';
      throw new HeadraceError(`There is no connection '${name}'. Declared are: ${known}.`, { code: 'missing_connection', where: name });
    }
    const connection = this.check(name, resolveSecrets(`connection '${name}'`, this.declared.get(name), this.environment));
    if (kinds.length > 0 && !kinds.includes(connection.kind as Kind)) {
      throw new HeadraceError(`The connection '${name}' is of the kind ${connection.kind}; here it must be ${kinds.join(' or ')}.`, {
        code: 'bad_connection',
        where: name,
      });
    }
    const found = this.absolute(connection);
    followFiles(`connection '${name}'`, this.declared.get(name), found);
    return found as Extract<Connection, { kind: Kind }>;
  }

  private check(name: string, value: unknown): Connection {
    const checked = Connection.safeParse(value);
    if (checked.success) return checked.data;
    throw new HeadraceError(`The connection '${name}' is wrong: ${z.prettifyError(checked.error)}`, { code: 'bad_connection', where: name });
  }

  private absolute(connection: Connection): Connection {
    const changed: Record<string, unknown> = { ...connection };
    for (const key of paths) {
      const path = changed[key];
      if (typeof path === 'string' && !isAbsolute(path)) changed[key] = resolve(this.base, path);
    }
    return changed as Connection;
  }
}

function readFile(file: string): Record<string, unknown> {
  const read = File.safeParse(readSettingsFile(file) ?? {});
  if (read.success) return read.data.connections;
  throw wrongSettings(file, z.prettifyError(read.error));
}

/** Variables have no hyphens, and their case is not the name's. */
function asVariable(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

function fromVariable(variable: string, value: string): unknown {
  if (/^postgres(ql)?:\/\//.test(value)) return { kind: 'postgres', url: value };
  try {
    return JSON.parse(value);
  } catch {
    throw new HeadraceError(`${variable} is neither a JSON object nor a postgres:// URL.`, { code: 'bad_connection', where: variable });
  }
}
