import fc from "fast-check";

// A change is judged by the same cases every time; new ones are drawn wherever CI is not set.
if (process.env.CI) fc.configureGlobal({ seed: 20191003 });
