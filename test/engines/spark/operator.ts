import * as k8s from '@kubernetes/client-node';
import { until } from '../../faults/until.js';
import type { Named } from '../held-object.js';

const kind = { group: 'sparkoperator.k8s.io', version: 'v1beta2', namespace: 'default', plural: 'sparkapplications' };
const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);

export interface SparkApplication {
  metadata: { name: string; uid: string; labels: Record<string, string> };
  spec: Record<string, unknown>;
}

/** As a cluster names it. */
export function objectOf({ metadata: { name } }: SparkApplication): Named {
  return { apiVersion: `${kind.group}/${kind.version}`, kind: 'SparkApplication', metadata: { name, namespace: kind.namespace } };
}

const text = { type: 'string' };
const number = { type: 'integer' };
const object = (properties: object) => ({ type: 'object', properties }) as k8s.V1JSONSchemaProps;
const map = { type: 'object', additionalProperties: text } as k8s.V1JSONSchemaProps;
const env = { type: 'array', items: object({ name: text, value: text }) } as k8s.V1JSONSchemaProps;

/** The fields of the published resource that we write or read, with their types; the API server drops any other. */
const schema = object({
  spec: object({
    type: { type: 'string', _enum: ['Java', 'Python', 'Scala', 'R'] },
    mode: { type: 'string', _enum: ['cluster', 'client'] },
    sparkVersion: text,
    image: text,
    mainApplicationFile: text,
    mainClass: text,
    arguments: { type: 'array', items: text },
    sparkConf: map,
    restartPolicy: object({ type: { type: 'string', _enum: ['Never', 'OnFailure', 'Always'] } }),
    timeToLiveSeconds: number,
    driver: object({ cores: number, memory: text, serviceAccount: text, env }),
    executor: object({ cores: number, memory: text, instances: number, env }),
  }),
  status: object({ applicationState: object({ state: text, errorMessage: text }), driverInfo: object({ podName: text }) }),
});

/** Stands in for the Spark operator, which cannot be had here: it has the resource, and a test writes what an operator would. */
export class Operator {
  private readonly custom: k8s.CustomObjectsApi;

  constructor(private readonly config: k8s.KubeConfig) {
    this.custom = config.makeApiClient(k8s.CustomObjectsApi);
  }

  async install(): Promise<void> {
    const names = { plural: kind.plural, singular: 'sparkapplication', kind: 'SparkApplication', listKind: 'SparkApplicationList' };
    const version = { name: kind.version, served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } };
    const approved = { 'api-approved.kubernetes.io': 'unapproved, a test' };
    const body = {
      metadata: { name: `${kind.plural}.${kind.group}`, annotations: approved },
      spec: { group: kind.group, scope: 'Namespaced', names, versions: [version] },
    };
    await this.config.makeApiClient(k8s.ApiextensionsV1Api).createCustomResourceDefinition({ body });
    await until(
      () => this.applications().catch(() => undefined),
      (found) => found !== undefined,
    );
  }

  async applications(): Promise<SparkApplication[]> {
    return ((await this.custom.listNamespacedCustomObject(kind)) as { items: SparkApplication[] }).items;
  }

  /** The one application that there is. */
  async taken(): Promise<SparkApplication> {
    const [application] = await until(
      () => this.applications(),
      ({ length }) => length === 1,
    );
    return application as SparkApplication;
  }

  async tell({ metadata: { name } }: SparkApplication, state: string, errorMessage = ''): Promise<void> {
    await this.custom.patchNamespacedCustomObjectStatus({ ...kind, name, body: { status: { applicationState: { state, errorMessage } } } }, merge);
  }

  /** Makes room for the next test. */
  async forget({ metadata: { name } }: SparkApplication): Promise<void> {
    await this.custom.deleteNamespacedCustomObject({ ...kind, name });
  }
}
