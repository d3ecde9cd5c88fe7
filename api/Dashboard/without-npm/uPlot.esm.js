// Replaces uPlot in a build without npm: the dashboard then shows only tables.
export default null;
