using System.Diagnostics;

namespace FishCheckpoint.Durability.Suites;

/// <summary>What a suite has counted and found.</summary>
public sealed class SuiteResult
{
    private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>What must not be; none is what is hoped for.</summary>
    public List<string> Findings { get; } = [];

    public long this[string name] => counts.GetValueOrDefault(name);

    public void Count(string name, long by = 1)
    {
        lock (counts)
        {
            counts[name] = counts.GetValueOrDefault(name) + by;
        }
    }

    public void Find(string finding)
    {
        lock (counts)
        {
            Findings.Add(finding);
        }
    }

    /// <summary>Adds to a finding what gives it again.</summary>
    public void Find(IEnumerable<string> findings, string where)
    {
        foreach (var finding in findings)
        {
            Find($"{where}: {finding}");
        }
    }

    public override string ToString() => string.Join('\n', [
        .. counts.Select(pair => $"{pair.Value,10:N0}  {pair.Key}"), $"{Findings.Count,10:N0}  findings",
        .. Findings.Take(50).Select(finding => $"FOUND {finding}")]);
}

/// <summary>How long a suite may go on, and where it reports its progress.</summary>
/// <param name="longest">After that nothing more is begun, and what was counted by then counts.</param>
/// <param name="output">Gets reports of progress.</param>
public sealed class Progress(TimeSpan longest, TextWriter? output = null)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public bool IsOver => clock.Elapsed > longest;

    public void Report(string far) => output?.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss} {far}");
}
