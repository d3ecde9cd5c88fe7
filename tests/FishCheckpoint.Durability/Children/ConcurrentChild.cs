using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Children;

/// <summary>
/// One of several processes at work on one store, with several threads that write, read, tag, delete, recode, fold and collect the same few
/// checkpoints.
/// </summary>
/// <param name="Folder">The data folder.</param>
/// <param name="Seed">This process's.</param>
/// <param name="Threads">How many threads.</param>
/// <param name="Count">Operations of each.</param>
public sealed record ConcurrentChild(string Folder, int Seed, int Threads, int Count)
{
    private const string Word = "concurrent";
    private const int Steps = 12;

    public string[] ToList() => [Word, Folder, $"{Seed}", $"{Threads}", $"{Count}"];

    public static ConcurrentChild? TryParse(IReadOnlyList<string> list) =>
        list[0] == Word ? new ConcurrentChild(list[1], int.Parse(list[2]), int.Parse(list[3]), int.Parse(list[4])) : null;

    /// <summary>The one content that a step is ever saved with, so that every reader knows its bytes.</summary>
    public static Operation SaveOf(string task, long step) => new(
        (step % 3) switch { 0 => OperationKind.SaveFull, 1 => OperationKind.SavePatch, _ => OperationKind.SaveMasked }, task, step,
        (int)(step % 5) + 1, (int)(step % 2) + 1,
        (int)(step % 3));

    public async Task<int> RunAsync()
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new ChildArguments(Folder, 0, 0, 0).ToOptions());
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => RunAsync(store, thread))));
        return 0;
    }

    private async Task RunAsync(CheckpointStore store, int thread)
    {
        var scratch = Directory.CreateTempSubdirectory("fish-concurrent-").FullName;
        var (random, performer) = (new Random((Seed * 1000) + thread), new Performer(store, scratch));
        for (var number = 0; number < Count; number++)
        {
            var (task, step) = ($"{(char)('a' + random.Next(3))}", (long)random.Next(Steps));
            var (what, outcome) = await DoAsync(store, performer, random.Next(100), task, step);
            await ChildProgram.SayAsync($"{what} {outcome}");
        }

        Directory.Delete(scratch, recursive: true);
    }

    private static async Task<(string What, string Outcome)> DoAsync(
        CheckpointStore store, Performer performer, int choice, string task, long step)
    {
        var operation = choice switch
        {
            < 40 => SaveOf(task, step),
            < 70 => null,
            < 80 => new Operation(OperationKind.DeleteCheckpoint, task, step),
            < 85 => new Operation(OperationKind.Undelete, task, step),
            < 93 => new Operation(OperationKind.SetTag, task, step, Tag: "newest"),
            < 95 => new Operation(OperationKind.Recode),
            < 97 => new Operation(OperationKind.Fold, Content: 1),
            < 98 => new Operation(OperationKind.Collect, step % 2 == 0 ? task : "", Content: (int)(step % 3) / 2),
            _ => new Operation(OperationKind.AddBase, $"base-{step % 3}", Content: 3 + (int)(step % 3)),
        };
        try
        {
            return operation is null ? ("Read", await ReadAsync(store, task, step))
                : (operation.Kind.ToString(), await performer.PerformAsync(operation));
        }
        catch (Exception error)
        {
            return (operation?.Kind.ToString() ?? "Read", $"CRASHED {error.ToString().ReplaceLineEndings(" | ")}");
        }
    }

    private static async Task<string> ReadAsync(CheckpointStore store, string task, long step)
    {
        try
        {
            var bytes = await store.RestoreAsync(task, step);
            return bytes.AsSpan().SequenceEqual(Contents.Of(SaveOf(task, step)).ToBytes()) ? StoreModel.Done : "OTHER_BYTES";
        }
        catch (FishException error)
        {
            return ErrorCodes.NameOf(error.Code);
        }
    }
}
