using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The base's layout with a task's own tensors replaced, added or dropped. Files without own tensors keep their header verbatim.
/// </summary>
internal sealed class TaskLayout
{
    private TaskLayout(ModelFiles files, ModelFiles @base)
    {
        Files = files;
        Sources = [.. files.Layout.Tensors.Select(tensor =>
            @base.Layout.TryIndexOf(tensor.Name, out var index) && @base.Layout.Tensors[index].Equals(tensor) ? index : -1)];
        BaseBytes = Layout.Tensors.Where((_, index) => Sources[index] >= 0).Sum(tensor => tensor.Bytes);
    }

    /// <summary>The files of the task's models.</summary>
    public ModelFiles Files { get; }

    /// <summary>The task layout.</summary>
    public Layout Layout => Files.Layout;

    /// <summary>
    /// For each tensor of the task layout, its index in the base's layout, or -1 for an own tensor (which starts as zeros).
    /// </summary>
    public IReadOnlyList<int> Sources { get; }

    /// <summary>Bytes of the base that a full restore reads.</summary>
    public long BaseBytes { get; }

    /// <summary>Applies a task's own tensors to a base.</summary>
    /// <param name="base">The base's files.</param>
    /// <param name="own">The own tensors; <see langword="null"/> to drop one.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>: a dropped tensor is not in the base;
    /// <see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.HeaderUnknownDtype"/>, <see cref="ErrorCode.HeaderInvalidShape"/>,
    /// <see cref="ErrorCode.HeaderMisaligned"/>.</exception>
    public static TaskLayout Create(ModelFiles @base, IReadOnlyDictionary<string, OwnTensor?> own)
    {
        if (own.FirstOrDefault(pair => pair.Value is null && !@base.Layout.TryIndexOf(pair.Key, out _)).Key is { } missing)
        {
            throw new FishException(ErrorCode.TensorUnknown, missing, "The dropped tensor is not in the base.",
                "Give a tensor of the base.");
        }

        var added = own.Where(pair => pair.Value is not null && !@base.Layout.TryIndexOf(pair.Key, out _))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ToInfo(pair.Key, pair.Value!)).ToArray();
        var files = @base.Files.Select((file, index) => Change(file, own, index == @base.Files.Count - 1 ? added : []));
        return new TaskLayout(new ModelFiles(files), @base);
    }

    // A file without changes keeps its header; any other gets a new one with the old metadata.
    private static ModelFile Change(ModelFile file, IReadOnlyDictionary<string, OwnTensor?> own, TensorInfo[] added)
    {
        var before = file.Header.Tensors.Select(tensor => tensor.Info).ToArray();
        var after = before.Where(tensor => !own.TryGetValue(tensor.Name, out var replaced) || replaced is not null)
            .Select(tensor => own.TryGetValue(tensor.Name, out var replaced) ? ToInfo(tensor.Name, replaced!) : tensor).Concat(added)
                .ToArray();
        return before.SequenceEqual(after) ? file
            : file with { Header = HeaderWriter.Create(after, file.Header.HasMetadata ? file.Header.Metadata : null) };
    }

    private static TensorInfo ToInfo(string name, OwnTensor own)
    {
        // JSON may omit members that the type requires.
        if (own.Dtype is null || own.Shape is null)
        {
            throw new FishException(ErrorCode.RequestInvalid, name, "An own tensor needs a dtype and a shape.",
                "Give both, such as {\"dtype\":\"F32\",\"shape\":[3]}.");
        }

        if (own.Shape.Count > TensorInfo.MaxDimensions)
        {
            throw new FishException(
                ErrorCode.HeaderInvalidShape, name,
                $"The tensor has {own.Shape.Count} dimensions; the limit is {TensorInfo.MaxDimensions}.",
                "Check the shape of the own tensor.");
        }

        if (!DTypes.TryParse(own.Dtype, out var type))
        {
            throw new FishException(ErrorCode.HeaderUnknownDtype, name, $"Unknown dtype '{own.Dtype}'.",
                "Use a safetensors dtype, such as F32.");
        }

        try
        {
            return new TensorInfo(name, type, [.. own.Shape]);
        }
        catch (Exception error) when (error is OverflowException or ArgumentException)
        {
            var code = error is OverflowException ? ErrorCode.HeaderInvalidShape : ErrorCode.HeaderMisaligned;
            throw new FishException(code, name, error.Message, "Check the shape of the own tensor.", error);
        }
    }
}
