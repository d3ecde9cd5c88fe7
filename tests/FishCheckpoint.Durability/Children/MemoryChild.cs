using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Children;

/// <summary>
/// A process that does operations in so little memory that .NET runs out of it. It reports an operation that fails so, and begins the next
/// one.
/// </summary>
/// <param name="Work">What it does.</param>
public sealed record MemoryChild(ChildArguments Work)
{
    private const string Word = "memory";

    public string[] ToList() => [Word, .. Work.ToList()];

    public static MemoryChild? TryParse(IReadOnlyList<string> list) =>
        list[0] == Word ? new MemoryChild(ChildArguments.Parse([.. list.Skip(1)])) : null;

    public async Task<int> RunAsync()
    {
        await ChildProgram.SayAsync("opening");
        await using var store = await SqliteCheckpointStore.OpenAsync(Work.ToOptions());
        await ChildProgram.SayAsync("opened");
        var performer = new Performer(store, Directory.CreateDirectory($"{Work.Folder}-scratch").FullName);
        for (var number = Work.First; number < Work.First + Work.Count; number++)
        {
            var operation = Script.At(Work.Seed, number);
            await ChildProgram.SayAsync($"begin {number} {operation.Kind}");
            await ChildProgram.SayAsync($"end {number} {await PerformAsync(performer, operation, number)}");
        }

        await ChildProgram.SayAsync("closing");
        return 0;
    }

    private static async Task<string> PerformAsync(Performer performer, Operation operation, int number)
    {
        try
        {
            return await performer.PerformAsync(operation, foreseen => ChildProgram.SayAsync($"foreseen {number} {foreseen}"));
        }
        catch (Exception error) when (IsLackOfMemory(error))
        {
            return Transcript.NoMemory;
        }
    }

    // Also where it is the cause, as of a type whose making ran out of memory.
    private static bool IsLackOfMemory(Exception? error) =>
        error is OutOfMemoryException || (error is not null and not FishException && IsLackOfMemory(error.InnerException));
}
