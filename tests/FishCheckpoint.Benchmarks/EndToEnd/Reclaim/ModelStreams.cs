using System.Diagnostics;
using System.Security.Cryptography;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>Streams full models over HTTP, compares each with what was saved, and notes the longest time without a byte.</summary>
internal sealed class ModelStreams(HttpClient client, ReclaimStore store)
{
    private const int TrickleBytes = 1 << 16;
    private static readonly TimeSpan TrickleEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Models that came whole.</summary>
    public int Read { get; private set; }

    /// <summary>Of them, those that are not what was saved.</summary>
    public int Wrong { get; private set; }

    /// <summary>The longest time between two reads that gave something, the first of a request included.</summary>
    public TimeSpan LongestStall { get; private set; }

    /// <summary>Reads one after another, as long as wanted.</summary>
    public async Task GoOnAsync(IReadOnlyList<(string Task, long Step)> checkpoints, int first, CancellationToken end)
    {
        for (var index = first; !end.IsCancellationRequested; index++)
        {
            await ReadAsync(checkpoints[index % checkpoints.Count]);
        }
    }

    /// <summary>Reads one.</summary>
    /// <param name="checkpoint">Which.</param>
    /// <param name="begun">Called once its first bytes are there.</param>
    /// <param name="hurry">Until it is cancelled, the model is read slowly.</param>
    public async Task ReadAsync((string Task, long Step) checkpoint, Action? begun = null, CancellationToken? hurry = null)
    {
        var route = new Uri($"/v1/tasks/{checkpoint.Task}/checkpoints/{checkpoint.Step}/model.safetensors", UriKind.Relative);
        var clock = Stopwatch.StartNew();
        using var response = await client.GetAsync(route, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (true)
        {
            var slow = hurry is { IsCancellationRequested: false };
            var read = await body.ReadAsync(slow ? buffer.AsMemory(0, TrickleBytes) : buffer);
            LongestStall = clock.Elapsed > LongestStall ? clock.Elapsed : LongestStall;
            if (read == 0)
            {
                break;
            }

            hash.AppendData(buffer, 0, read);
            begun?.Invoke();
            await (slow ? Task.Delay(TrickleEvery) : Task.CompletedTask);
            clock.Restart();
        }

        Read++;
        Wrong += Convert.ToHexStringLower(hash.GetHashAndReset()) == store.Digests[checkpoint] ? 0 : 1;
    }
}
