using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Following.Content;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Following.Pull;

/// <summary>The result of a download.</summary>
/// <param name="Files">The model's files.</param>
/// <param name="Form">Delta or full model.</param>
/// <param name="Bytes">Bytes that were downloaded.</param>
internal sealed record Fetched(IReadOnlyList<PulledFile> Files, PullForm Form, long Bytes);

/// <summary>Downloads the files of one checkpoint into a temporary folder, by a delta or whole.</summary>
/// <param name="store">The store.</param>
/// <param name="options">The options.</param>
/// <param name="task">The task.</param>
/// <param name="wanted">The checkpoint.</param>
/// <param name="model">The checkpoint, opened.</param>
internal sealed class ModelFetch(IFishStore store, PullOptions options, TaskInfo task, CheckpointInfo wanted, IModelReader model)
{
    private readonly FullCopy full = new(model, wanted.State, options.MaxHeaderLength);

    /// <summary>Downloads all files.</summary>
    public async Task<Fetched> FullAsync(IncomingFolder incoming, CancellationToken cancellation)
    {
        var files = new List<PulledFile>();
        foreach (var file in model.Files)
        {
            files.Add(await full.WriteAsync(file, incoming, cancellation));
        }

        return new Fetched(files, PullForm.Full, files.Sum(file => file.Bytes));
    }

    /// <summary>Downloads the delta and applies it to copies of the local files.</summary>
    /// <returns>The result; or the reason why a delta cannot be used.</returns>
    /// <exception cref="DamagedCopyException">The local model was changed or damaged.</exception>
    public async Task<(Fetched? Fetched, string Because)> PatchAsync(
        PulledFolder from, IncomingFolder incoming, CancellationToken cancellation)
    {
        var local = from.Manifest!.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        var headers = await ModelHeaders.ReadAsync(model, options.MaxHeaderLength, cancellation);
        if (headers.Any(pair => !local.TryGetValue(pair.Key, out var old) || !PatchedCopy.Fits(from, old, pair.Value)))
        {
            return (null, "its files place their tensors differently");
        }

        var modelBytes = model.Files.Where(file => headers.ContainsKey(file.Name)).Sum(file => file.Bytes);
        var (delta, because) = await PullDelta.FetchAsync(store.States, from.Manifest, wanted, modelBytes, cancellation);
        if (delta is null)
        {
            return (null, because);
        }

        using (delta)
        {
            var layout = await LayoutOf.TaskAsync(store.Bases, task, model, options.MaxHeaderLength, cancellation);
            return await Task.Run(() => PullDelta.FindDamage(delta, layout, cancellation), cancellation) is { } damage
                ? (null, damage) : (await ApplyAsync(from, local, headers, delta, layout, incoming, cancellation), "");
        }
    }

    private async Task<Fetched> ApplyAsync(
        PulledFolder from, Dictionary<string, PulledFile> local, Dictionary<string, SafetensorsHeader> headers, EncodedDelta delta,
        Layout layout, IncomingFolder incoming,
        CancellationToken cancellation)
    {
        var cursor = DeltaCursor.Open(delta.Mask, [delta.Values], layout, $"{wanted.Task}/{wanted.Step}");
        var copy = new PatchedCopy(from, layout, cursor);
        var (files, bytes) = (new List<PulledFile>(), delta.Length);
        foreach (var file in model.Files)
        {
            if (headers.TryGetValue(file.Name, out var header))
            {
                Mismatch.CheckHeader(file, wanted.State, header);
                files.Add(await Task.Run(() => copy.Write(local[file.Name], header, incoming, cancellation), cancellation));
                if (file.Sha256 is { } known && known != files[^1].Sha256)
                {
                    throw Mismatch.Of(file, files[^1]);
                }
            }
            else if (local.TryGetValue(file.Name, out var old) && old.Sha256 == file.Sha256)
            {
                files.Add(await Task.Run(() => copy.Copy(old, incoming, cancellation), cancellation));
            }
            else
            {
                files.Add(await full.WriteAsync(file, incoming, cancellation));
                bytes += file.Bytes;
            }
        }

        return new Fetched(files, PullForm.Delta, bytes);
    }
}
