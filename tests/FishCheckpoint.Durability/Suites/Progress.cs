using System.Diagnostics;

namespace FishCheckpoint.Durability.Suites;

/// <summary>How long a suite may go on, and who is told how far it is.</summary>
/// <param name="longest">After that nothing more is begun, and what was counted by then counts.</param>
/// <param name="told">Told of progress.</param>
public sealed class Progress(TimeSpan longest, TextWriter? told = null)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public bool IsOver => clock.Elapsed > longest;

    public void Report(string far) => told?.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss} {far}");
}
