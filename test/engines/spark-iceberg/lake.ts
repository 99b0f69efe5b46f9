import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from '../../servers/kept-folder.js';
import { fetchJars } from '../../servers/maven.js';
import type { RestCatalog } from '../nessie.js';

const version = '1.10.1';
const artifacts = ['iceberg-spark-runtime-4.0_2.13', 'iceberg-aws-bundle'].map((name) => ({
  group: 'org.apache.iceberg',
  name,
  version,
  excludes: ['*:*'],
}));

/** Iceberg for Spark and its S3 client from Maven Central, fetched once: the paths of the jars. Needs mvn. */
async function icebergJars(): Promise<string[]> {
  const jars = join(await keptFolder('spark-iceberg', version, (fresh) => fetchJars(artifacts, fresh)), 'jars');
  return readdirSync(jars).map((name) => join(jars, name));
}

/** The settings of a job with which the REST catalog is Spark's catalog `lake`. No secret is among them: Nessie signs Spark's requests to the store. */
export async function lakeSettings({ uri, s3 }: RestCatalog): Promise<Record<string, string>> {
  return {
    'spark.jars': (await icebergJars()).map((jar) => `local:${jar}`).join(),
    'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
    'spark.sql.catalog.lake': 'org.apache.iceberg.spark.SparkCatalog',
    'spark.sql.catalog.lake.type': 'rest',
    'spark.sql.catalog.lake.uri': uri,
    'spark.sql.catalog.lake.warehouse': 'wh',
    'spark.sql.catalog.lake.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
    'spark.sql.catalog.lake.s3.endpoint': s3,
    'spark.sql.catalog.lake.s3.path-style-access': 'true',
  };
}
