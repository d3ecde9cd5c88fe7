using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Demo;

/// <summary>Rebuilds every checkpoint through the API and compares it with the trainer's file.</summary>
internal static class Rebuild
{
    /// <summary>Rebuilds the checkpoints of one run.</summary>
    /// <param name="states">The API's client.</param>
    /// <param name="run">The run, with the digests of its files.</param>
    /// <param name="done">Called after each checkpoint.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>How many are bit-identical, how many bytes were rebuilt, and which differ.</returns>
    public static async Task<RebuildResult> RunAsync(IStates states, SavedRun run, Action<string> done, CancellationToken cancellation)
    {
        var (identical, bytes, different) = (0, 0L, new List<string>());
        foreach (var (step, expected) in run.Digests.OrderBy(pair => pair.Key))
        {
            var (digest, length) = await DigestAsync(states, run.Task, step, cancellation);
            if (digest == expected)
            {
                identical++;
            }
            else
            {
                different.Add($"{run.Task}/{step}");
            }

            bytes += length;
            done($"{run.Task}/{step}");
        }

        return new RebuildResult(identical, bytes, different);
    }

    private static async Task<(Digest Digest, long Length)> DigestAsync(
        IStates states, string task, long step, CancellationToken cancellation)
    {
        await using var reader = await states.OpenAsync(task, StepRef.At(step), cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pipe = PipeWriter.Create(new HashingStream(Stream.Null, hash));
        var file = reader.FileOf(ModelFiles.SingleFileName);
        await reader.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
        await pipe.CompleteAsync();
        return (Digest.Finish(hash), file.Bytes);
    }
}

/// <summary>The result of rebuilding.</summary>
/// <param name="Identical">The number of checkpoints that are bit-identical.</param>
/// <param name="Bytes">Bytes that were rebuilt.</param>
/// <param name="Different">The keys of the others.</param>
internal sealed record RebuildResult(int Identical, long Bytes, IReadOnlyList<string> Different)
{
    public static RebuildResult Sum(IEnumerable<RebuildResult> results) => results.Aggregate(
        new RebuildResult(0, 0, []),
        (sum, one) => new RebuildResult(sum.Identical + one.Identical, sum.Bytes + one.Bytes, [.. sum.Different, .. one.Different]));
}
