using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>The tensors in an adapter's file, safetensors or PyTorch.</summary>
internal sealed class AdapterTensors : IDisposable
{
    private readonly IDisposable file;
    private readonly Dictionary<string, (TensorInfo Info, Action<long, Span<byte>> Read)> tensors;

    private AdapterTensors(IDisposable file, IEnumerable<(TensorInfo Info, Action<long, Span<byte>> Read)> tensors) =>
        (this.file, this.tensors) = (file, tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal));

    public IEnumerable<string> Names => tensors.Keys;

    public static AdapterTensors Open(string folder, string stem, int maxHeaderLength)
    {
        if (Path.Combine(folder, $"{stem}.bin") is var bin && File.Exists(bin) && !File.Exists(Path.Combine(folder, $"{stem}.safetensors")))
        {
            var torch = TorchModel.Open(bin);
            return new AdapterTensors(
                torch, torch.Header.Tensors.Select((tensor, index) =>
                    (tensor.Info, (Action<long, Span<byte>>)((offset, bytes) => torch.ReadTensor(index, offset, bytes)))));
        }

        var safetensors = SafetensorsFile.Open(Path.Combine(folder, $"{stem}.safetensors"), maxHeaderLength);
        return new AdapterTensors(
            safetensors, safetensors.Header.Tensors.Select(tensor =>
                (tensor.Info, (Action<long, Span<byte>>)((offset, bytes) => safetensors.ReadData(tensor.Begin + offset, bytes)))));
    }

    public TensorInfo InfoOf(string name) => tensors[name].Info;

    public Action<long, Span<byte>> ReaderOf(string name) => tensors[name].Read;

    public byte[] Bytes(string name, string key)
    {
        var bytes = AdapterChecks.Room(key, tensors[name].Info.Bytes);
        if (bytes.Length > 0)
        {
            tensors[name].Read(0, bytes);
        }

        return bytes;
    }

    public void Dispose() => file.Dispose();
}
