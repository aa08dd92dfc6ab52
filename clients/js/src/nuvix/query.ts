type Value = string | number | boolean;
type Values = Value | readonly Value[];

function query(method: string, attribute?: string, values?: Values | readonly unknown[] | null): string {
    const list = values === undefined || values === null ? undefined : Array.isArray(values) ? values : [values];
    return JSON.stringify({ method, attribute, values: list });
}

/** What a list is asked for: `users.list({ queries: [Query.equal('status', true), Query.limit(10)] })`. */
export const Query = {
    equal: (attribute: string, value: Values) => query('equal', attribute, value),
    notEqual: (attribute: string, value: Values) => query('notEqual', attribute, value),
    lessThan: (attribute: string, value: Value) => query('lessThan', attribute, value),
    lessThanEqual: (attribute: string, value: Value) => query('lessThanEqual', attribute, value),
    greaterThan: (attribute: string, value: Value) => query('greaterThan', attribute, value),
    greaterThanEqual: (attribute: string, value: Value) => query('greaterThanEqual', attribute, value),
    between: (attribute: string, start: Value, end: Value) => query('between', attribute, [start, end]),
    notBetween: (attribute: string, start: Value, end: Value) => query('notBetween', attribute, [start, end]),
    contains: (attribute: string, value: Values) => query('contains', attribute, value),
    notContains: (attribute: string, value: Values) => query('notContains', attribute, value),
    startsWith: (attribute: string, value: string) => query('startsWith', attribute, value),
    notStartsWith: (attribute: string, value: string) => query('notStartsWith', attribute, value),
    endsWith: (attribute: string, value: string) => query('endsWith', attribute, value),
    notEndsWith: (attribute: string, value: string) => query('notEndsWith', attribute, value),
    /** By words, without case. */
    search: (attribute: string, value: string) => query('search', attribute, value),
    notSearch: (attribute: string, value: string) => query('notSearch', attribute, value),
    isNull: (attribute: string) => query('isNull', attribute),
    isNotNull: (attribute: string) => query('isNotNull', attribute),
    and: (queries: readonly string[]) => query('and', undefined, queries.map(parsed)),
    or: (queries: readonly string[]) => query('or', undefined, queries.map(parsed)),
    orderAsc: (attribute: string) => query('orderAsc', attribute),
    orderDesc: (attribute: string) => query('orderDesc', attribute),
    /** At most so many; 25 unless said. */
    limit: (count: number) => query('limit', undefined, count),
    offset: (count: number) => query('offset', undefined, count),
    /** What follows the entry with this id. */
    cursorAfter: (id: string) => query('cursorAfter', undefined, id),
    /** What comes before the entry with this id. */
    cursorBefore: (id: string) => query('cursorBefore', undefined, id),
};

function parsed(text: string): unknown {
    return JSON.parse(text);
}
