using System.Diagnostics;
using System.Net.Http.Headers;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.Models;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd;

/// <summary>The main job at full size: a base and a checkpoint go in over HTTP, and come out byte for byte, in bounded memory.</summary>
internal static class RebuildRun
{
    public static async Task<int> RunAsync(string folder, bool full)
    {
        var data = Path.Combine(folder, $"data-{Guid.NewGuid():N}");
        try
        {
            await using var server = await ServerProcess.StartAsync(data);
            using var client = ServerCalls.ClientOf(server);
            var changed = Path.Combine(folder, BertLarge.ChangedName);
            var size = new FileInfo(changed).Length;

            await MeasureAsync(
                server, "PUT base", size, () => client.PutFileAsync("/v1/bases/bert", Path.Combine(folder, BertLarge.BaseName)));
            await client.PutTaskAsync("task", "bert");

            var body = full ? changed : Path.Combine(folder, BertLarge.PatchName);
            await MeasureAsync(
                server, full ? "PUT full" : "PUT patch", new FileInfo(body).Length,
                () => client.PutFileAsync("/v1/tasks/task/checkpoints/1", body));
            var same = true;
            for (var round = 0; round < 3; round++)
            {
                await MeasureAsync(server, "GET model", size, async () => same &= await CompareAsync(client, changed, 0, size));
            }

            await MeasureAsync(server, "GET 1000 ranges", 0, async () => same &= await CompareRangesAsync(client, changed, size));
            Console.WriteLine(await client.GetStringAsync(new Uri("/v1/tasks/task/checkpoints/1", UriKind.Relative)));
            Console.WriteLine(
                $"byte-identical: {(same ? "yes" : "NO")}; server's peak resident memory: {server.PeakResidentBytes() / 1e6:F0} MB");
            return same ? 0 : 1;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task MeasureAsync(ServerProcess server, string what, long bytes, Func<Task> action)
    {
        var clock = Stopwatch.StartNew();
        await action();
        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(
            $"{what,-16} {seconds,8:F3} s {(bytes > 0 ? $"{bytes / seconds / 1e6,8:F0} MB/s" : ""),13}   peak "
            + $"{server.PeakResidentBytes() / 1e6:F0} MB, "
            + $"own {server.AnonymousBytes() / 1e6:F0} MB");
    }

    private static async Task<bool> CompareAsync(HttpClient client, string path, long offset, long length)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri("/v1/tasks/task/checkpoints/1/model.safetensors", UriKind.Relative));
        request.Headers.Range = length == new FileInfo(path).Length ? null : new RangeHeaderValue(offset, offset + length - 1);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        using var file = File.OpenHandle(path);
        var (received, expected) = (new byte[Blocks.Size], new byte[Blocks.Size]);
        var total = 0L;
        while (await body.ReadAtLeastAsync(received, received.Length, throwOnEndOfStream: false) is var read and > 0)
        {
            PositionalFile.ReadExactly(file, offset + total, expected.AsSpan(0, read), path);
            if (!received.AsSpan(0, read).SequenceEqual(expected.AsSpan(0, read)))
            {
                return false;
            }

            total += read;
        }

        return total == length;
    }

    // Half of the ranges begin near a border of a tensor or of the header.
    private static async Task<bool> CompareRangesAsync(HttpClient client, string path, long size)
    {
        var random = new Random(7);
        using var file = SafetensorsFile.Open(path);
        var borders = file.Header.Tensors.Select(tensor => file.Header.DataStart + tensor.Begin).ToArray();
        for (var sample = 0; sample < 1000; sample++)
        {
            var start = sample % 2 == 0 ? random.NextInt64(size) : Math.Max(0, borders[random.Next(borders.Length)] - random.Next(5000));
            if (!await CompareAsync(client, path, start, Math.Min(size - start, 1 + random.Next(200_000))))
            {
                return false;
            }
        }

        return true;
    }
}
