using FishCheckpoint.Durability.Faults;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Power;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Children;

/// <summary>
/// The process that is killed, or whose disk fails: does operation after operation, and says before each what it begins and after it how it
/// ended. What it has said is acknowledged.
/// </summary>
public static class ChildProgram
{
    /// <summary>The environment variable that makes a program that has this code such a child.</summary>
    public const string Role = "FISH_DURABILITY_CHILD";

    private const string DiskRefusal = "STORAGE_UNAVAILABLE";

    /// <summary>The exit code after an error that is not the store's own.</summary>
    public const int Crashed = 99;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        if (FaultChild.TryParse(arguments) is { } faults)
        {
            return await faults.RunAsync();
        }

        if (CopyChild.TryParse(arguments) is { } copy)
        {
            return await copy.RunAsync();
        }

        if (MemoryChild.TryParse(arguments) is { } memory)
        {
            return await memory.RunAsync();
        }

        if (PowerChild.TryParse(arguments) is { } power)
        {
            return await power.RunAsync();
        }

        return ConcurrentChild.TryParse(arguments) is { } concurrent
            ? await concurrent.RunAsync() : await PerformAsync(ChildArguments.Parse(arguments), SayAsync);
    }

    /// <summary>Does a child's work.</summary>
    /// <param name="work">What.</param>
    /// <param name="say">Called before and after each thing.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> PerformAsync(ChildArguments work, Func<string, Task> say)
    {
        // Beside the store, so that it goes with it where this process is killed.
        var scratch = Directory.CreateDirectory($"{work.Folder}-scratch-{Environment.ProcessId}").FullName;
        try
        {
            await say("opening");
            await using (var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions()))
            {
                await say("opened");
                await PerformAsync(work, new Performer(store, scratch), say);
                await say("closing");
            }

            await say("closed");
            return 0;
        }
        catch (FishException error)
        {
            await say($"refused {ErrorCodes.NameOf(error.Code)}");
            return 1;
        }
        catch (Exception error)
        {
            await say($"crashed {error.ToString().ReplaceLineEndings(" | ")}");
            return Crashed;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task PerformAsync(ChildArguments work, Performer performer, Func<string, Task> say)
    {
        var refusals = 0;
        for (var number = work.First; number < work.First + work.Count && refusals < work.MaxRefusals; number++)
        {
            var operation = Script.At(work.Seed, number);
            await say($"begin {number} {operation.Kind}");
            var outcome = await performer.PerformAsync(operation, foreseen => say($"foreseen {number} {foreseen}"));
            refusals += outcome == DiskRefusal ? 1 : 0;
            await say($"end {number} {outcome}");
        }
    }

    internal static async Task SayAsync(string line)
    {
        await Console.Out.WriteLineAsync(line);
        await Console.Out.FlushAsync();
    }
}
