using System.Buffers;
using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Reading;

/// <summary>
/// A model on the server, read in verified parts. All parts belong to the version that was listed on opening; another version is refused.
/// </summary>
internal sealed class RemoteModelReader : IModelReader
{
    private readonly FishHttp server;
    private readonly string model;
    private readonly TruncatedResponse end;
    private ModelFiles tensors = null!;

    private RemoteModelReader(FishHttp server, string model, Func<CancellationToken, Task<VerifyResult>>? verify, RestoredFile[] files) =>
        (this.server, this.model, end, Files) = (server, model, new TruncatedResponse(server, verify), files);

    public Layout Layout => tensors.Layout;

    public IReadOnlyList<RestoredFile> Files { get; }

    /// <summary>Opens a model: its list of files, and the header of each that holds tensors.</summary>
    /// <param name="server">The server.</param>
    /// <param name="model">The path of the base or checkpoint.</param>
    /// <param name="verify">Asks the server for damage when a response ends early.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>: the server lists an invalid file name; or as the server
    /// refuses.</exception>
    public static async Task<RemoteModelReader> OpenAsync(
        FishHttp server, string model, Func<CancellationToken, Task<VerifyResult>>? verify, CancellationToken cancellation)
    {
        var files = await server.JsonAsync<RestoredFile[]>(HttpMethod.Get, $"{model}/files", cancellation);
        foreach (var file in files)
        {
            // Callers build paths from these names, so a malicious server must not reach other folders.
            Names.CheckFilePath(file.Name);
        }

        var reader = new RemoteModelReader(server, model, verify, files);
        var parsed = new List<ModelFile>();
        foreach (var file in files.Where(file => ModelFiles.IsName(file.Name)))
        {
            parsed.Add(new ModelFile(file.Name, await RemoteHeader.ReadAsync(reader, file, cancellation)));
        }

        reader.tensors = new ModelFiles(parsed);
        return reader;
    }

    public async Task CopyToAsync(string file, long offset, long length, PipeWriter destination, CancellationToken cancellation = default)
    {
        var whole = this.FileOf(file).Bytes;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, whole - offset);
        if (length == 0)
        {
            return;
        }

        using var body = new CheckedBody(server, Routes.File(model, file), this.FileOf(file).Tag.ToString(), end);
        await body.OpenAsync(offset, length, cancellation);
        var block = ArrayPool<byte>.Shared.Rent((int)Math.Min(CheckedBlocks.BlockSize, length));
        try
        {
            while (await body.ReadAsync(block.AsMemory(), cancellation) is var read and > 0)
            {
                await destination.WriteAsync(block.AsMemory(0, read), cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellation = default)
    {
        if (!Layout.TryIndexOf(tensor, out var index))
        {
            throw new FishException(ErrorCode.TensorUnknown, tensor, "The model does not have this tensor.",
                "Its header lists its tensors.");
        }

        var place = tensors.PlaceOf(index);
        var file = tensors.Files[place.File];
        return CopyToAsync(file.Name, file.Header.DataStart + place.Begin, Layout.Tensors[index].Bytes, destination, cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
