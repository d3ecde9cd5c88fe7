using FishCheckpoint.Bench;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Output;

/// <summary>Prints the measurements.</summary>
internal static class BenchTables
{
    public static void Print(Terminal terminal, BenchResult result)
    {
        Describe(terminal, result);
        var table = Tables.Create(
            "encoding", ">bytes", ">per changed value", ">dense / this", ">dense + zstd-1 / this", ">index + value / this",
            ">encode", ">decode");
        foreach (var encoding in result.Encodings)
        {
            table.Row(
                encoding.Name, Say.Count(encoding.Bytes), encoding.BytesPerChangedValue is { } each ? $"{each:N3}" : "-",
                Say.Ratio(encoding.RatioToDense),
                Say.Ratio(encoding.RatioToDenseZstd), Say.Ratio(encoding.RatioToIndexAndValue), Speed(encoding.EncodeBytesPerSecond),
                Speed(encoding.DecodeBytesPerSecond));
        }

        terminal.Console.Write(table);
        terminal.Say(
            $"[grey]Speeds are in bytes of the model, on one thread: medians of {result.Rounds} alternating rounds. Encoding finds ",
            $"the changes, hashes them and verifies its output by decoding it.[/]");
        var store = result.Store;
        terminal.Say(
            $"Through a store in {store.Folder}: saved, committed and synced in [bold]{Time(store.SaveSeconds)}[/], loaded in ",
            $"[bold]{Time(store.LoadSeconds)}[/], {Say.Bytes(store.StoredBytes)} stored.");
        if (result.BitExact)
        {
            terminal.Say($"[green bold]Every value came back bit for bit.[/]");
        }
        else
        {
            terminal.Say(
                $"[red bold]Not every value came back bit for bit.[/] The machine or the program is faulty: check the memory, and ",
                $"report this.");
        }
    }

    private static void Describe(Terminal terminal, BenchResult result)
    {
        if (result.Synthetic)
        {
            terminal.Say(
                $"[yellow]A synthetic pair[/]: Gaussian weights and steps. Measure your own checkpoints: ",
                $"{ProgramInfo.Name} bench BEFORE AFTER");
        }

        terminal.Say(
            $"[bold]{Say.Count(result.Changed)}[/] of {Say.Count(result.Elements)} values in {Say.Count(result.Tensors)} tensors differ: ",
            $"{Say.Percent(result.Density)}; the size of a model is {Say.Bytes(result.ModelBytes)}.");
        if (!result.InMemory)
        {
            terminal.Say($"The models do not fit in memory, so the times include reading them.");
        }
    }

    private static string Speed(double? bytesPerSecond) => bytesPerSecond is { } speed ? $"{Say.Bytes((long)speed)}/s" : string.Empty;

    private static string Time(double seconds) => seconds < 1 ? $"{seconds * 1000:N1} ms" : $"{seconds:N2} s";
}
