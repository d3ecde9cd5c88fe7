namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>On what a run was made, as the system says.</summary>
internal static class Machine
{
    /// <summary>Processor, cores, and how busy they were.</summary>
    public static string Describe()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return $"{processor ?? "unknown processor"}, {Environment.ProcessorCount} cores; load {File.ReadAllText("/proc/loadavg").Split(' ')[0]} when the run began; "
            + $".NET {Environment.Version}; {DateTime.UtcNow:yyyy-MM-dd}";
    }
}
