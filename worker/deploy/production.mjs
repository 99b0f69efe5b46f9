// The last step of the image's build stage: leaves of node_modules what a worker needs on this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

const certificates = '/etc/ssl/certs/ca-certificates.crt';
const coreBridge = 'node_modules/@temporalio/core-bridge';

pinPeers();
execFileSync('npm', ['prune', '--omit=dev', '--no-audit', '--no-fund'], { stdio: 'inherit' });
dropForeignCores();
dropWhatOnlyDevelopersRead();
provideCertificates();

// npm omits a peer that is a development dependency too. Here the peers are Headrace's own, at the versions that it is tested with.
function pinPeers() {
  const { peerDependencies, peerDependenciesMeta, devDependencies, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'));
  const needed = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  const pinned = Object.fromEntries(needed.map((name) => [name, devDependencies[name]]));
  writeFileSync('package.json', JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...pinned } }, undefined, 2));
}

function dropForeignCores() {
  const own = `${{ x64: 'x86_64', arm64: 'aarch64' }[arch()]}-unknown-linux-gnu`;
  const releases = readdirSync(join(coreBridge, 'releases'));
  if (!releases.includes(own)) throw new Error(`@temporalio/core-bridge has no build for ${own}; it has ${releases.join(', ')}.`);
  for (const release of releases) if (release !== own) rmSync(join(coreBridge, 'releases', release), { recursive: true });
  rmSync(join(coreBridge, 'sdk-core'), { recursive: true, force: true });
}

function dropWhatOnlyDevelopersRead() {
  for (const file of readdirSync('node_modules', { recursive: true })) {
    if (/\.(map|d\.[cm]?ts)$/.test(file)) rmSync(join('node_modules', file));
  }
}

// Temporal's core trusts the system's authorities, and a slim base has none: then those of Node.
function provideCertificates() {
  if (existsSync(certificates)) return;
  mkdirSync('/etc/ssl/certs', { recursive: true });
  writeFileSync(certificates, `${rootCertificates.join('\n')}\n`);
}
