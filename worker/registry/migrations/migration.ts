/** One step forward of the schema. Once released, its text never changes: a later one corrects it. */
export interface Migration {
  number: number;
  name: string;
  sql: string;
}
