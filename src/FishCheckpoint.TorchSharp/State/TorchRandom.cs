using System.Security.Cryptography;
using System.Buffers.Binary;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Torch's own random numbers, those of dropout and of random tensors: the generator of the host, and those of CUDA devices. What a sampler
/// draws from elsewhere, as from <see cref="SeededRandom"/>, is a part of its own.
/// </summary>
/// <remarks>
/// TorchSharp gives no access to the state of CUDA generators. So where there are some, each save seeds them anew, with a seed that follows
/// from the host's generator, and keeps the seed: a resumed run then draws what the run that saved went on to draw. Saving thus changes
/// what CUDA draws next.
/// </remarks>
public sealed class TorchRandom : IResumable
{
    private const string HostKey = "cpu";
    private const string CudaKey = "cuda_seed";

    private readonly Action<long>? seedCuda;
    private long saves;

    /// <summary>Takes part with the host's generator, and with those of CUDA devices where there are any.</summary>
    public TorchRandom()
        : this(torch.cuda.is_available() ? torch.cuda.manual_seed_all : null)
    {
    }

    internal TorchRandom(Action<long>? seedCuda) => this.seedCuda = seedCuda;

    /// <inheritdoc/>
    public void SaveTo(StateSection state)
    {
        using var host = torch.get_rng_state();
        var bytes = host.bytes.ToArray();
        state.Own(HostKey, DType.U8, bytes);
        if (seedCuda is not null)
        {
            var seed = SeedOf(bytes, ++saves);
            state.Set(CudaKey, seed);
            seedCuda(seed);
        }
    }

    /// <inheritdoc/>
    public void Check(StateSection state)
    {
        // Checked here: libtorch ends the process over a state of another length.
        using var now = torch.get_rng_state();
        var bytes = state.Bytes(HostKey, DType.U8);
        if (now.dtype != torch.ScalarType.Byte || now.numel() != bytes.Length)
        {
            throw state.Mismatch(
                HostKey, $"It has {bytes.Length} bytes; this libtorch's generator has {now.numel()} elements of {now.dtype}.");
        }

        if (seedCuda is not null && state.Has(CudaKey))
        {
            state.Long(CudaKey);
        }
    }

    /// <inheritdoc/>
    public void LoadFrom(StateSection state)
    {
        Check(state);
        var bytes = state.Bytes(HostKey, DType.U8);
        long? seed = seedCuda is not null && state.Has(CudaKey) ? state.Long(CudaKey) : null;
        using var restored = torch.empty(bytes.Length, torch.ScalarType.Byte);
        bytes.CopyTo(restored.bytes);
        torch.set_rng_state(restored);
        if (seed is { } value)
        {
            seedCuda!(value);
        }
    }

    // The count parts the seeds of saves between which the host drew nothing.
    private static long SeedOf(byte[] host, long count)
    {
        var digest = SHA256.HashData([.. host, .. BitConverter.GetBytes(count)]);
        return BinaryPrimitives.ReadInt64LittleEndian(digest) & long.MaxValue;
    }
}
