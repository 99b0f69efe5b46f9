import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { readCursor, writeCursor } from '../../sdk/node/client/cursor.js';

/** Where a list goes on. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .max(1_000)
    .regex(/^[\w-]*$/)
    .optional()
    .meta({ description: 'The cursor of the page before, with the same filter' }),
});

/** Of an answer that is a page. */
export const NextPage = z.string().optional().meta({ description: 'For the next page; left out on the last' });

/** One list with its filter, whose cursors are no other's. */
export class Pages<Place extends z.ZodType> {
  private readonly list: string;

  /** @param place the keys of a list's row, in its order */
  constructor(
    private readonly place: Place,
    ...list: unknown[]
  ) {
    this.list = JSON.stringify(list);
  }

  /** Where the page before ended. @throws HeadraceError bad_request when it is no cursor of this list */
  read(cursor: string | undefined): z.output<Place> | undefined {
    if (cursor === undefined) return undefined;
    try {
      return this.place.parse(JSON.parse(readCursor(cursor, this.list).toString()));
    } catch (error) {
      if (error instanceof HeadraceError) throw error;
      throw new HeadraceError('This cursor is none.', { code: 'bad_request', where: 'cursor', cause: error });
    }
  }

  /** Cuts what was read, one row more than the page has, to the page. */
  cut<Row>(rows: Row[], limit: number, placeOf: (row: Row) => z.output<Place>): { page: Row[]; cursor?: string } {
    const last = rows[limit - 1];
    if (rows.length <= limit || last === undefined) return { page: rows };
    return { page: rows.slice(0, limit), cursor: writeCursor(Buffer.from(JSON.stringify(placeOf(last))), this.list) };
  }
}

/** A place in a list by time and number. */
export const TimePlace = z.strictObject({ at: z.iso.datetime({ precision: 6 }), id: z.int().min(0) });
/** A place in a list by number. */
export const NumberPlace = z.strictObject({ id: z.int().min(0) });
