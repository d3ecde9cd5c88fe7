using FishCheckpoint.Benchmarks.EndToEnd.Processes;

namespace FishCheckpoint.Benchmarks.EndToEnd.Serving;

/// <summary>One way of getting a model over HTTP, and what was measured of it.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Process">The process that answers.</param>
/// <param name="Resource">What is asked for.</param>
/// <param name="Bytes">The length of the answer.</param>
internal sealed record Contender(string Name, ChildProcess Process, Uri Resource, long Bytes)
{
    private readonly List<(Timing Timing, double Cpu)> turns = [];

    /// <summary>Seconds of each turn.</summary>
    public IEnumerable<double> Seconds => turns.Select(turn => turn.Timing.Total);

    /// <summary>Milliseconds to the first byte of the body, of each turn.</summary>
    public IEnumerable<double> FirstByte => turns.Select(turn => turn.Timing.FirstByte * 1e3);

    /// <summary>Seconds of processor time that the answering process spent, of each turn.</summary>
    public IEnumerable<double> Cpu => turns.Select(turn => turn.Cpu);

    /// <summary>Gigabytes a second, of each turn.</summary>
    public IEnumerable<double> Speeds => Seconds.Select(seconds => Bytes / seconds / 1e9);

    /// <summary>Reads the answer once, and keeps what it took if that counts.</summary>
    public void Turn(RawGet client, bool counts)
    {
        var before = Process.CpuSeconds();
        var timing = client.Read(Resource, Bytes);
        if (counts)
        {
            turns.Add((timing, Process.CpuSeconds() - before));
        }
    }
}
