namespace FishCheckpoint.Benchmarks.EndToEnd.Reports;

/// <summary>What a measurement was made on.</summary>
internal static class Machine
{
    private static string load = "unknown";

    /// <summary>Takes note of how busy the machine is before anything is measured: other work on it makes quartiles wide and ratios shaky.</summary>
    public static void NoteLoad() => load = File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <summary>One line: processor, cores, memory, system, date, load.</summary>
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return $"{model}, {Environment.ProcessorCount} cores, {memory:F0} GB; {Environment.OSVersion}; .NET {Environment.Version}; {DateTime.UtcNow:yyyy-MM-dd}. "
            + $"Load average before the run: {load}.";
    }
}
