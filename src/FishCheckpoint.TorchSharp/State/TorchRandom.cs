using System.Security.Cryptography;
using System.Buffers.Binary;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Torch's random number generators, used by dropout and random tensors: the host's and those of CUDA devices. A sampler's own generator,
/// such as <see cref="SeededRandom"/>, is a separate part.
/// </summary>
/// <remarks>
/// TorchSharp gives no access to the state of CUDA generators. If there are any, each save seeds them again with a seed derived from the
/// host's generator and stores that seed: a resumed run then draws the same numbers as the run that saved. So saving changes the next
/// numbers of CUDA generators.
/// </remarks>
public sealed class TorchRandom : IResumable
{
    private const string HostKey = "cpu";
    private const string CudaKey = "cuda_seed";

    private readonly Action<long>? seedCuda;
    private long saves;

    /// <summary>Creates the part for the host's generator, and those of CUDA devices if there are any.</summary>
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
        // Validated here: libtorch ends the process on a state of another length.
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

    // The count separates the seeds of saves between which the host drew nothing.
    private static long SeedOf(byte[] host, long count)
    {
        var digest = SHA256.HashData([.. host, .. BitConverter.GetBytes(count)]);
        return BinaryPrimitives.ReadInt64LittleEndian(digest) & long.MaxValue;
    }
}
