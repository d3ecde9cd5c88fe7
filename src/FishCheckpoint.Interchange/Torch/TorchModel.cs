using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// The state dict of a PyTorch file as a safetensors file: the same names, dtypes, shapes and bits, in the state dict's order, each tensor
/// contiguous. No tensor is held in memory. Not safe for concurrent use.
/// </summary>
public sealed class TorchModel : IDisposable
{
    // Tied weights occur once in a PyTorch file and repeatedly in a safetensors file; more than this is not a model.
    private const int MaxRepeated = 16;

    private readonly TorchFile file;
    private readonly TorchTensor[] tensors;
    private StridedReader? reader;
    private int open = -1;

    private TorchModel(TorchFile file, TorchTensor[] tensors, string? key, SafetensorsHeader header) =>
        (this.file, this.tensors, Key, Header) = (file, tensors, key, header);

    /// <summary>The header of the safetensors file.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The key of the state dict; <see langword="null"/> if it was the whole file.</summary>
    public string? Key { get; }

    /// <summary>The types of unread objects beside the state dict, which are never created or run. The first few by name.</summary>
    public IReadOnlyCollection<string> Unread => file.Unread;

    /// <summary>Whether a file's start is that of a PyTorch file or another pickle.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>.</exception>
    public static bool Is(string path) => TorchFile.Is(path);

    /// <summary>Opens a file, reads its objects, and verifies its tensors' checksums.</summary>
    /// <param name="path">A <c>.pt</c>, <c>.pth</c> or <c>.bin</c> file of torch.save.</param>
    /// <param name="key">The key of the state dict, or several with slashes between; <see langword="null"/>: the whole file, or one of the
    /// usual keys.</param>
    /// <exception cref="FishException">It is missing, damaged or hostile, has no state dict, or has content that safetensors does not
    /// support.</exception>
    public static TorchModel Open(string path, string? key = null)
    {
        var opened = TorchFile.Open(path);
        try
        {
            var (tensors, under) = StateDict.Find(opened, key);
            var header = HeaderOf(opened, tensors);
            opened.Verify(tensors.Select(tensor => tensor.Tensor.Storage));
            var byName = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);
            return new TorchModel(opened, [.. header.Tensors.Select(stored => byName[stored.Info.Name])], under, header);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes of a tensor.</summary>
    /// <param name="tensor">Its index in <see cref="Header"/>.</param>
    /// <param name="offset">A multiple of the element size, in bytes.</param>
    /// <param name="destination">The buffer to fill completely: whole elements.</param>
    public void ReadTensor(int tensor, long offset, Span<byte> destination)
    {
        if (open != tensor)
        {
            (reader, open) = (new StridedReader(file, tensors[tensor]), tensor);
        }

        reader!.Read(offset, destination);
    }

    /// <summary>The safetensors file as a sequential stream. The caller disposes the stream; this object stays open.</summary>
    public Stream AsStream() => new TorchModelStream(this);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static SafetensorsHeader HeaderOf(TorchFile file, IReadOnlyList<(string Name, TorchTensor Tensor)> tensors)
    {
        var infos = tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Tensor.Type!.Value, tensor.Tensor.Shape)).ToArray();
        if (infos.Aggregate(0.0, (sum, info) => sum + info.Bytes) is var bytes && bytes > (double)file.Length * MaxRepeated)
        {
            throw new FishException(
                ErrorCode.TooLarge, file.Key,
                $"The tensors share storages and would take {bytes:F0} bytes; the file has {file.Length}.",
                "Write each tensor once.");
        }

        // Parsed like any header: a name may be invalid in a header.
        var header = HeaderWriter.Create(infos, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        return HeaderParser.Parse(header.Json, file.Key, header.DataLength);
    }
}
