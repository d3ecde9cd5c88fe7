using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The forms in which a checkpoint can be handed in. The caller keeps ownership and disposes after the save.</summary>
public abstract record CheckpointContent : IDisposable
{
    private CheckpointContent()
    {
    }

    /// <summary>Opens a checkpoint on disk, in the form that it has. The caller disposes it.</summary>
    /// <param name="path">A file; or a folder, which is a full model.</param>
    /// <param name="mediaType">The media type that it came with; <see langword="null"/> looks inside for frames too.</param>
    /// <param name="layout">Gives whether the task's layout has a tensor of a name. Called only where the tensors' names do not decide.
    /// </param>
    /// <param name="maxHeaderLength">The longest safetensors header taken, in bytes.</param>
    /// <param name="choice">Which model of a folder is meant. Default: the one that a loader would take.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, or a code for each way a file can lie.</exception>
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

    /// <summary>Closes what was opened.</summary>
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

    // A patch and a full model have the same media type. A patch has nothing but NAME.indices and NAME.values, none of them a tensor of the
    // task. Without tensors its metadata decide: an empty full model is more likely a mistake than a patch that changes nothing.
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

    /// <summary>A full model; the store finds what changed.</summary>
    /// <param name="Model">The model's files.</param>
    public sealed record Full(ModelFolder Model) : CheckpointContent;

    /// <summary>A sparse patch: for each changed tensor <c>NAME.indices</c> (I32, I64, U32 or U64, flat, ascending) and <c>NAME.values</c>
    /// (its dtype).</summary>
    /// <param name="File">The patch.</param>
    public sealed record Sparse(SafetensorsFile File) : CheckpointContent;

    /// <summary>A delta in memory, as a trainer's hook has it.</summary>
    /// <param name="Delta">Positions and new values.</param>
    public sealed record Changed(Delta Delta) : CheckpointContent;

    /// <summary>A delta as frames.</summary>
    /// <param name="Delta">The frames.</param>
    public sealed record Encoded(EncodedDelta Delta) : CheckpointContent;
}
