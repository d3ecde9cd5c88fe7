using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The forms in which a checkpoint can be saved. The caller keeps ownership and disposes it after the save.</summary>
public abstract record CheckpointContent : IDisposable
{
    private CheckpointContent()
    {
    }

    /// <summary>Opens a checkpoint on disk and detects its form. The caller disposes it.</summary>
    /// <param name="path">A file, or the folder of a full model.</param>
    /// <param name="mediaType">The declared media type; <see langword="null"/> to detect frames too.</param>
    /// <param name="layout">Returns a predicate for the tensor names of the task's layout. Called only if the names in the file do not
    /// decide.</param>
    /// <param name="maxHeaderLength">The longest safetensors header accepted, in bytes.</param>
    /// <param name="choice">The model to use, if a folder has several. Default: the one that a loader would choose.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, or the code of the file's error.</exception>
    public static async Task<CheckpointContent> OpenAsync(
        string path, string? mediaType, Func<Task<Func<string, bool>>> layout, int maxHeaderLength = SafetensorsHeader.MaxLength,
        ModelChoice? choice = null)
    {
        if (!Directory.Exists(path))
        {
            if (mediaType is null ? StartsAsFrame(path) : mediaType == EncodedDelta.MediaType)
            {
                return new Encoded(EncodedDelta.Open(path));
            }

            if (await OpenPatchAsync(path, layout, maxHeaderLength) is { } patch)
            {
                return patch;
            }
        }

        return new Full(ModelFolder.Open(path, maxHeaderLength, choice));
    }

    /// <summary>Closes the content's files.</summary>
    public void Dispose()
    {
        var opened = this switch
        {
            Full full => full.Model,
            Sparse sparse => sparse.File,
            Encoded encoded => (IDisposable)encoded.Delta,
            _ => null,
        };
        opened?.Dispose();
        GC.SuppressFinalize(this);
    }

    private static bool StartsAsFrame(string path)
    {
        if (!File.Exists(path))
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file or folder does not exist.", "Check the path.");
        }

        Span<byte> start = stackalloc byte[FrameHead.Magic.Length];
        using var handle = PositionalFile.Open(path);
        return RandomAccess.Read(handle, start, 0) == start.Length && start.SequenceEqual(FrameHead.Magic);
    }

    private static async Task<Sparse?> OpenPatchAsync(string path, Func<Task<Func<string, bool>>> layout, int maxHeaderLength)
    {
        var file = SafetensorsFile.Open(path, maxHeaderLength);
        try
        {
            if (await IsPatchAsync(file.Header, layout))
            {
                return new Sparse(file);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    // A patch and a full model share a media type. A patch contains only NAME.indices and NAME.values, none of them a tensor of the task.
    // Without tensors the metadata decide: an empty full model is more likely a mistake than an empty patch.
    private static async Task<bool> IsPatchAsync(SafetensorsHeader header, Func<Task<Func<string, bool>>> layout)
    {
        if (header.Tensors.Count == 0)
        {
            return header.Metadata.GetValueOrDefault("format") == SparsePatchWriter.Format;
        }

        var names = header.Tensors.Select(tensor => tensor.Info.Name);
        return names.All(IsPartOfPatch) && !names.Any(await layout());
    }

    private static bool IsPartOfPatch(string name) => name.EndsWith(SparsePatchReader.IndicesSuffix, StringComparison.Ordinal)
        || name.EndsWith(SparsePatchReader.ValuesSuffix, StringComparison.Ordinal);

    /// <summary>A full model; the store finds the changes.</summary>
    /// <param name="Model">The model's files.</param>
    public sealed record Full(ModelFolder Model) : CheckpointContent;

    /// <summary>A sparse patch: for each changed tensor <c>NAME.indices</c> (I32, I64, U32 or U64, flat, ascending) and <c>NAME.values</c>
    /// (its dtype).</summary>
    /// <param name="File">The patch.</param>
    public sealed record Sparse(SafetensorsFile File) : CheckpointContent;

    /// <summary>A delta in memory, as from a trainer's hook.</summary>
    /// <param name="Delta">Positions and new values.</param>
    public sealed record Changed(Delta Delta) : CheckpointContent;

    /// <summary>A delta in encoded form.</summary>
    /// <param name="Delta">The frames.</param>
    public sealed record Encoded(EncodedDelta Delta) : CheckpointContent;
}
