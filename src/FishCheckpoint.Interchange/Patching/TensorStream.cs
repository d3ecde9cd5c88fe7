using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>Reads one tensor of a model sequentially, a few blocks ahead.</summary>
internal sealed class TensorStream : IDisposable
{
    private const int Ahead = 4 << 20;

    private readonly Pipe pipe = new(
        new PipeOptions(pauseWriterThreshold: Ahead, resumeWriterThreshold: Ahead / 2, minimumSegmentSize: 1 << 18));
    private readonly CancellationTokenSource stop;
    private readonly Stream stream;
    private readonly Task copying;

    private TensorStream(IModelReader model, string tensor, CancellationToken cancellation)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stream = pipe.Reader.AsStream(leaveOpen: true);
        copying = Task.Run(() => CopyAsync(model, tensor, stop.Token), CancellationToken.None);
    }

    /// <summary>Starts to read a tensor. Until this is disposed, it is the model's only reader.</summary>
    public static TensorStream Open(IModelReader model, string tensor, CancellationToken cancellation) => new(model, tensor, cancellation);

    /// <summary>Reads the next bytes.</summary>
    /// <param name="destination">The buffer to fill completely.</param>
    /// <exception cref="Errors.FishException">The model is damaged.</exception>
    public void Read(Span<byte> destination) => stream.ReadExactly(destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        stop.Cancel();
        pipe.Reader.Complete();
        ((IAsyncResult)copying).AsyncWaitHandle.WaitOne();
        stream.Dispose();
        stop.Dispose();
    }

    // The reader gets the error.
    private async Task CopyAsync(IModelReader model, string tensor, CancellationToken cancellation)
    {
        Exception? failed = null;
        try
        {
            await model.CopyTensorAsync(tensor, pipe.Writer, cancellation);
        }
        catch (Exception error)
        {
            failed = error;
        }

        await pipe.Writer.CompleteAsync(failed);
    }
}
