using FishCheckpoint.Bench;

namespace FishCheckpoint.Cli.Output;

/// <summary>Prints what was measured.</summary>
internal static class BenchTables
{
    public static void Print(Terminal terminal, BenchResult result)
    {
        Describe(terminal, result);
        var table = Tables.Create(
            "encoding", ">bytes", ">a changed value", ">dense / this", ">dense + zstd-1 / this", ">index + value / this",
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
            $"[grey]Speeds are of the model's bytes, on one thread: medians of {result.Rounds} rounds in turns. Encoding finds the ",
            $"changes, hashes them and decodes again what it wrote.[/]");
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
                $"[red bold]Not every value came back bit for bit.[/] This is a fault of this machine or program: check its memory, and ",
                $"report it.");
        }
    }

    private static void Describe(Terminal terminal, BenchResult result)
    {
        if (result.Synthetic)
        {
            terminal.Say(
                $"[yellow]A synthetic pair[/]: Gaussian weights and steps. What you would save shows on checkpoints of your own: fish ",
                $"bench BEFORE AFTER");
        }

        terminal.Say(
            $"[bold]{Say.Count(result.Changed)}[/] of {Say.Count(result.Elements)} values in {Say.Count(result.Tensors)} tensors differ: ",
            $"{Say.Percent(result.Density)}; a model has {Say.Bytes(result.ModelBytes)}.");
        if (!result.InMemory)
        {
            terminal.Say($"The models are too large to be held in memory: reading them is in the times.");
        }
    }

    private static string Speed(double? bytesPerSecond) => bytesPerSecond is { } speed ? $"{Say.Bytes((long)speed)}/s" : string.Empty;

    private static string Time(double seconds) => seconds < 1 ? $"{seconds * 1000:N1} ms" : $"{seconds:N2} s";
}
