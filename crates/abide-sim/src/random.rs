//! Random fleets for the planner's properties.
