/** How many members of a tree a record has: the largest ones. */
export const MEMBERS_RECORDED = 20;
