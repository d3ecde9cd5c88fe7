using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Downloads whole files of a model and verifies them.</summary>
/// <param name="model">The model.</param>
/// <param name="state">The identity of its state.</param>
/// <param name="maxHeaderLength">The longest safetensors header accepted, in bytes.</param>
internal sealed class FullCopy(IModelReader model, Digest state, int maxHeaderLength)
{
    /// <summary>Downloads one file.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>: the file differs from its listing; or as
    /// <see cref="IModelReader.CopyToAsync"/>.</exception>
    public async Task<PulledFile> WriteAsync(RestoredFile file, IncomingFolder incoming, CancellationToken cancellation)
    {
        PulledFile pulled;
        await using (var target = incoming.Create(file.Name, file.Bytes))
        {
            var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(minimumBufferSize: Blocks.Size, leaveOpen: true));
            await model.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
            await pipe.CompleteAsync();
            pulled = target.Seal();
        }

        Check(file, pulled, incoming.PathOf(file.Name));
        return pulled;
    }

    private void Check(RestoredFile file, PulledFile pulled, string path)
    {
        if (pulled.Bytes != file.Bytes || (file.Sha256 is { } known && known != pulled.Sha256))
        {
            throw Mismatch.Of(file, pulled);
        }

        if (ModelHeaders.IsTensors(file.Name) && file.Tag != pulled.Sha256)
        {
            using var written = SafetensorsFile.Open(path, maxHeaderLength);
            Mismatch.CheckHeader(file, state, written.Header);
        }
    }
}
