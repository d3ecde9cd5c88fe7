using System.Security.Cryptography;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reclaim;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>A server with a run's steps, 0.5% of a model each, and a worker who wants to know what lies between two of them.</summary>
internal sealed class DeltaSubject : IAsyncDisposable
{
    private const string Task = "task";

    // Of the positions that move at all, which are 7.5%.
    private const double Share = 0.005 / 0.075;

    private readonly ServerProcess server;
    private readonly FishClient client;
    private readonly HttpClient http;
    private readonly ReclaimModel model;
    private readonly int dataStart;
    private readonly Dictionary<int, string> digests = [];
    private readonly byte[] earlier;
    private readonly byte[] later;
    private readonly int[] found;

    private DeltaSubject(ServerProcess server, ReclaimModel model)
    {
        (this.server, this.model, dataStart) = (server, model, model.Header.Length);
        (client, http) = (FishClient.Connect(server.Address), ServerCalls.ClientOf(server));
        (earlier, later) = (new byte[dataStart + model.Layout.Bytes], new byte[dataStart + model.Layout.Bytes]);
        found = new int[model.Layout.Tensors.Max(tensor => tensor.Units)];
    }

    public long ModelBytes => later.Length;

    /// <summary>Starts a server and saves steps.</summary>
    /// <param name="folder">Where the store lies.</param>
    /// <param name="megabytes">Of the model.</param>
    /// <param name="steps">How many.</param>
    /// <param name="fixedMask">One mask for all, each step based on the base; otherwise a mask a step, each based on the one before
    /// it.</param>
    public static async Task<DeltaSubject> CreateAsync(string folder, int megabytes, int steps, bool fixedMask)
    {
        var subject = new DeltaSubject(await ServerProcess.StartAsync(folder), new ReclaimModel(megabytes, 1));
        await using (var file = subject.model.ToFile())
        {
            await subject.client.Bases.AddAsync("base", ModelUpload.FromStream(file));
        }

        await subject.client.Tasks.PutAsync(Task, new TaskSpec("base"));
        Mask? mask = null;
        for (var step = 1; step <= steps; step++)
        {
            mask = mask is null || !fixedMask ? subject.model.Draw(Share) : mask;
            var options = new SaveOptions { Parent = fixedMask ? ParentChoice.Base : ParentChoice.Previous };
            await subject.client.Checkpoints.SaveAsync(Task, step, new CheckpointContent.Changed(subject.model.Next(mask)), options);
            subject.digests.Add(step, subject.model.Sha256());
        }

        return subject;
    }

    /// <summary>Holds the model of a step from now on.</summary>
    public Task HoldAsync(int step) => DownloadAsync(step, later);

    /// <summary>Asks for what changed, and applies it to the held model.</summary>
    /// <returns>Bytes that were sent.</returns>
    public async Task<long> ByDeltaAsync(int from, int to)
    {
        using var delta = await client.States.OpenDeltaAsync(Task, StepRef.At(to), StepRef.At(from));
        using var decoder = new DeltaDecoder(delta.Mask!, delta.Values, model.Layout, null);
        for (var chunk = new DeltaChunk(); decoder.Read(chunk);)
        {
            Units.Scatter(Of(later, chunk.Tensor), chunk.Positions, 0, chunk.UnitSize, chunk.Values);
        }

        return delta.Length;
    }

    /// <summary>Downloads the later model.</summary>
    /// <returns>Bytes that were sent.</returns>
    public async Task<long> ByModelAsync(int to)
    {
        await DownloadAsync(to, later);
        return later.Length;
    }

    /// <summary>Downloads both models and compares them.</summary>
    /// <returns>Bytes that were sent, and how many values differ.</returns>
    public async Task<(long Sent, long Differ)> ByBothAsync(int from, int to)
    {
        await DownloadAsync(from, earlier);
        await DownloadAsync(to, later);
        var differ = 0L;
        for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
        {
            differ += BitwiseDiff.Collect(Of(earlier, tensor), Of(later, tensor), model.Layout.Tensors[tensor].UnitSize, found);
        }

        return (2L * later.Length, differ);
    }

    /// <summary>Compares the held model with what was saved.</summary>
    /// <exception cref="InvalidOperationException">It differs.</exception>
    public void Require(int step)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(later)) != digests[step])
        {
            throw new InvalidOperationException($"Step {step} is not what was saved.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        http.Dispose();
        await server.DisposeAsync();
    }

    private Span<byte> Of(byte[] file, int tensor)
    {
        var bytes = (int)model.Layout.Tensors[tensor].Bytes;
        return file.AsSpan(dataStart + (tensor * bytes), bytes);
    }

    private async Task DownloadAsync(int step, byte[] file)
    {
        var route = new Uri($"/v1/tasks/{Task}/checkpoints/{step}/model.safetensors", UriKind.Relative);
        using var response = await http.GetAsync(route, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(file);
    }
}
