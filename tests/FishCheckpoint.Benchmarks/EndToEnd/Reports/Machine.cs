namespace FishCheckpoint.Benchmarks.EndToEnd.Reports;

/// <summary>What a measurement was made on.</summary>
internal static class Machine
{
    /// <summary>One line: processor, cores, memory, system, date.</summary>
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return $"{model}, {Environment.ProcessorCount} cores, {memory:F0} GB; {Environment.OSVersion}; .NET {Environment.Version}; {DateTime.UtcNow:yyyy-MM-dd}.";
    }
}
