/** What the device was like in a session. */
export const version6 = `
alter table sessions add column conditions text check (json_type(conditions) = 'object') /* JSON object: state of the device before and during, what was amiss and allowed, time waited; empty for older sessions and imports */;
`;
