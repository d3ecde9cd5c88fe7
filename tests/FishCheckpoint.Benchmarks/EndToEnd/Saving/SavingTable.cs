using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;

namespace FishCheckpoint.Benchmarks.EndToEnd.Saving;

/// <summary>What <c>save-speed</c> found, as Markdown.</summary>
internal static class SavingTable
{
    public static string Render(SaveTimes times)
    {
        var text = new StringBuilder();
        text.AppendLine("## Saving").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            {times.Changed:N0} changed values of a float32 model of {times.DenseBytes:N0} bytes, from the trainer's memory to an
            acknowledged, synced save, {times.Masked.Count} interleaved turns on one disk, two seconds apart; every save has other values,
            and every patch another mask too.
            """).AppendLine();
        text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- save-speed DIR`").AppendLine();
        text.AppendLine("| | seconds | dense save ÷ this |").AppendLine("|---|---|---|");
        Row(text, "over HTTP, fixed mask: values alone", times.Masked, times);
        Row(text, "over HTTP, a mask that is new: positions and values", times.Patched, times);
        if (times.Torch is { } version)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| `torch.save` and fsync of the dense model (PyTorch {version}) | {Spread.Of(times.Dense).Text("F2")} | |");
        }
        else
        {
            text.AppendLine().AppendLine("The system's Python has no PyTorch, so its row is missing.");
        }

        return text.AppendLine().AppendLine(Machine.Describe()).ToString();
    }

    private static void Row(StringBuilder text, string name, List<double> seconds, SaveTimes times) => text.AppendLine(
        CultureInfo.InvariantCulture,
        $"| {name} | {Spread.Of(seconds).Text("F3")} | {(times.Torch is null ? "" : Spread.OfRatios(times.Dense, seconds).Text("F1"))} |");
}

/// <summary>What each turn's saves took, in seconds.</summary>
/// <param name="changed">Values that a save changes.</param>
/// <param name="denseBytes">Bytes of the dense model.</param>
/// <param name="torch">PyTorch's version; <see langword="null"/> where the system has none.</param>
internal sealed class SaveTimes(long changed, long denseBytes, string? torch)
{
    public long Changed => changed;

    public long DenseBytes => denseBytes;

    public string? Torch => torch;

    /// <summary>Values alone, on a mask that the server holds already.</summary>
    public List<double> Masked { get; } = [];

    /// <summary>Positions and values, on a mask that it has never seen.</summary>
    public List<double> Patched { get; } = [];

    /// <summary>The dense model, by PyTorch.</summary>
    public List<double> Dense { get; } = [];

    public void Add(double masked, double patched, double dense)
    {
        Masked.Add(masked);
        Patched.Add(patched);
        Dense.Add(dense);
    }
}
