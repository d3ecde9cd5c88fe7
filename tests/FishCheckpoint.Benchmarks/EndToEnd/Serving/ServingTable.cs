using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;

namespace FishCheckpoint.Benchmarks.EndToEnd.Serving;

/// <summary>What <c>serve-speed</c> found, as Markdown.</summary>
internal static class ServingTable
{
    public const string Rebuilt = "FishCheckpoint, rebuilt: base + 0.5% delta";
    public const string Base = "FishCheckpoint, a base";
    public const string Nginx = "nginx, sendfile, dense file";
    public const string Static = "ASP.NET Core static files, dense file";
    public const string Memory = "limit: a bare socket sending 1 MiB of memory over and over";

    public static string Render(List<Contender> contenders, int turns, long peak)
    {
        var text = new StringBuilder();
        text.AppendLine("## Serving").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            A float32 model shaped like BERT-large (391 tensors, {contenders[0].Bytes:N0} bytes), read over loopback HTTP by one bare client
            that discards what it reads, {turns} interleaved turns, everything in the page cache. FishCheckpoint checks each block's CRC-32C
            and applies the delta on the way; the others hand out a file. Each answer was compared with the file that it stands for, byte
            for byte, before the first turn.
            """).AppendLine();
        text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- serve-speed DIR`").AppendLine();
        text.AppendLine("| | GB/s | rebuilt model's speed ÷ this | first byte, ms | server's processor time, s |")
            .AppendLine("|---|---|---|---|---|");
        foreach (var contender in contenders)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {contender.Name} | {Spread.Of(contender.Speeds).Text("F2")} | {Ratio(contenders[0], contender)} | "
                + $"{Spread.Of(contender.FirstByte).Text("F1")} | {Spread.Of(contender.Cpu).Median:F2} |");
        }

        if (!NginxProcess.IsInstalled)
        {
            text.AppendLine().AppendLine("nginx is not installed on this machine, so its row is missing.");
        }

        return text.AppendLine()
            .AppendLine(CultureInfo.InvariantCulture,
                $"The server's peak resident memory, saving included: {peak / 1e6:F0} MB. {Machine.Describe()}").ToString();
    }

    // Ratios are of the same turn, so that what slows the whole machine down for a while slows both.
    private static string Ratio(Contender rebuilt, Contender other) =>
        rebuilt == other ? "" : Spread.OfRatios(other.Seconds, rebuilt.Seconds).Text("F2");
}

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
