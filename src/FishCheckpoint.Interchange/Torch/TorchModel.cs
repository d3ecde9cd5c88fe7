using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// The state dict of a PyTorch file as a safetensors file: the same names, dtypes, shapes and bits, in the state dict's order, one piece
/// each. Nothing of a tensor is held. Not safe for use by two threads at once.
/// </summary>
public sealed class TorchModel : IDisposable
{
    // Tied weights stand once in a PyTorch file and more often in a safetensors file; more than this is no model.
    private const int MaxRepeated = 16;

    private readonly TorchFile file;
    private readonly TorchTensor[] tensors;
    private StridedReader? reader;
    private int open = -1;

    private TorchModel(TorchFile file, TorchTensor[] tensors, string? key, SafetensorsHeader header) =>
        (this.file, this.tensors, Key, Header) = (file, tensors, key, header);

    /// <summary>The header of the safetensors file.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The key that the state dict stood under; <see langword="null"/> if it was all of the file.</summary>
    public string? Key { get; }

    /// <summary>The types of objects beside the state dict that were left unread: never made, never run. The first few by name.</summary>
    public IReadOnlyCollection<string> Unread => file.Unread;

    /// <summary>Whether a file is one of PyTorch's, or another pickle, by how it begins.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>.</exception>
    public static bool Is(string path) => TorchFile.Is(path);

    /// <summary>Opens a file, reads what it holds, and compares its tensors with their checksums.</summary>
    /// <param name="path">A <c>.pt</c>, <c>.pth</c> or <c>.bin</c> file of torch.save's.</param>
    /// <param name="key">The key that the state dict stands under, or several with slashes between; <see langword="null"/>: all of the
    /// file, or one of the usual keys.</param>
    /// <exception cref="FishException">It is missing, damaged, hostile, holds no state dict, or something that safetensors has
    /// not.</exception>
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
    /// <param name="offset">A whole number of elements, in bytes.</param>
    /// <param name="destination">Filled entirely: whole elements.</param>
    public void ReadTensor(int tensor, long offset, Span<byte> destination)
    {
        if (open != tensor)
        {
            (reader, open) = (new StridedReader(file, tensors[tensor]), tensor);
        }

        reader!.Read(offset, destination);
    }

    /// <summary>The safetensors file as a stream, from front to end. The caller disposes it; this object is not disposed with it.</summary>
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
                $"The tensors share storages so that they would take {bytes:F0} bytes, of a file of {file.Length}.",
                "Write each tensor once.");
        }

        // Read again as any header is: a name may be one that no header can have.
        var header = HeaderWriter.Create(infos, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        return HeaderParser.Parse(header.Json, file.Key, header.DataLength);
    }
}
