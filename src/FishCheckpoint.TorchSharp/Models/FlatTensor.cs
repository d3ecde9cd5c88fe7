using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Access to a tensor's elements by flat position. On the host it needs no copy, even for a tensor that is not contiguous; on a device it
/// uses index tensors, so that only the requested values are copied.
/// </summary>
internal sealed class FlatTensor
{
    // Spans count in 32 bits, so longer tensors are accessed through windows.
    private const long Window = 1 << 30;

    private readonly TensorInfo info;
    private readonly TensorShape? shape;
    private readonly bool onDevice;

    private FlatTensor(torch.Tensor tensor, TensorInfo info, TensorShape? shape, bool onDevice) =>
        (Tensor, this.info, this.shape, this.onDevice) = (tensor, info, shape, onDevice);

    /// <summary>The tensor; not owned.</summary>
    public torch.Tensor Tensor { get; }

    /// <summary>Whether it is in this process's memory.</summary>
    public bool IsOnHost => !onDevice;

    /// <summary>Whether flat positions equal memory offsets.</summary>
    public bool IsContiguous => shape is null;

    /// <summary>Whether <see cref="Bytes"/> returns the whole tensor.</summary>
    public bool IsSpan => IsOnHost && IsContiguous && info.Bytes <= int.MaxValue;

    /// <summary>Wraps a tensor.</summary>
    /// <param name="tensor">The tensor; valid as long as this object is used.</param>
    /// <param name="info">The expected name, dtype and shape.</param>
    /// <param name="asDevice">Uses the code for devices on the host too.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>, <see cref="ErrorCode.ShapeMismatch"/>;
    /// <see cref="ErrorCode.RequestInvalid"/>: its elements share memory, or have none.</exception>
    public static FlatTensor Of(torch.Tensor tensor, TensorInfo info, bool asDevice = false)
    {
        Check(tensor, info);
        var strided = tensor.is_contiguous() ? null : new TensorShape(tensor.shape, tensor.stride());
        if (strided is { IsInjective: false })
        {
            throw new FishException(
                ErrorCode.RequestInvalid, info.Name, "Several elements of the tensor share memory, as after expand().",
                "Register a clone of it.");
        }

        return new FlatTensor(tensor, info, strided, asDevice || tensor.device_type != DeviceType.CPU);
    }

    /// <summary>The whole tensor, where <see cref="IsSpan"/>.</summary>
    public Span<byte> Bytes => Tensor.bytes;

    /// <summary>Copies the values at some positions.</summary>
    /// <param name="positions">Ascending positions.</param>
    /// <param name="index">Their index tensor, on the tensor's device; not used on the host.</param>
    /// <param name="values">Receives raw bits.</param>
    public void Gather(ReadOnlySpan<long> positions, torch.Tensor? index, Span<byte> values)
    {
        if (onDevice)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            Memory().index_select(0, index!).cpu().bytes.CopyTo(values);
        }
        else if (IsSpan)
        {
            Units.Gather(Bytes, positions, 0, info.UnitSize, values);
        }
        else
        {
            Walk(positions, values, (memory, places, origin, size, part) => Units.Gather(memory, places, origin, size, part));
        }

        GC.KeepAlive(Tensor);
    }

    /// <summary>Writes values at some positions: the inverse of <see cref="Gather"/>.</summary>
    public void Scatter(ReadOnlySpan<long> positions, torch.Tensor? index, Span<byte> values)
    {
        if (onDevice)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            Memory().index_copy_(0, index!, FromHost(values));
        }
        else if (IsSpan)
        {
            Units.Scatter(Bytes, positions, 0, info.UnitSize, values);
        }
        else
        {
            Walk(positions, values, (memory, places, origin, size, part) => Units.Scatter(memory, places, origin, size, part));
        }

        GC.KeepAlive(Tensor);
    }

    /// <summary>Copies a range of the tensor's bytes in file order.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (IsSpan)
        {
            Bytes.Slice((int)offset, destination.Length).CopyTo(destination);
        }
        else
        {
            var units = UnitsOf(offset, destination.Length, out var skipped);
            ReadUnits(offset / info.UnitSize, units);
            units.AsSpan(skipped, destination.Length).CopyTo(destination);
        }

        GC.KeepAlive(Tensor);
    }

    /// <summary>Overwrites a range of the tensor's bytes in file order; it may begin and end inside an element.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (IsSpan)
        {
            bytes.CopyTo(Bytes[(int)offset..]);
        }
        else
        {
            var units = UnitsOf(offset, bytes.Length, out var skipped);
            if (units.Length != bytes.Length)
            {
                ReadUnits(offset / info.UnitSize, units);
            }

            bytes.CopyTo(units.AsSpan(skipped));
            WriteUnits(offset / info.UnitSize, units);
        }

        GC.KeepAlive(Tensor);
    }

    /// <summary>The memory of the tensor as one dimension; a view that the caller, or its scope, disposes. Under no_grad.</summary>
    public torch.Tensor Memory()
    {
        using var detached = Tensor.detach();
        return shape is null ? detached.view(-1) : detached.as_strided([shape.Span], [1], Tensor.storage_offset());
    }

    /// <summary>An index tensor for <see cref="Memory"/>, or of the flat positions, on the tensor's device; the caller owns it.</summary>
    public torch.Tensor IndexOf(ReadOnlySpan<long> positions, bool asPositions = false)
    {
        using var scope = torch.NewDisposeScope();
        return torch.tensor(asPositions ? positions.ToArray() : PlacesOf(positions)).to(Tensor.device).DetachFromDisposeScope();
    }

    /// <summary>Host values as a tensor with the tensor's dtype and device. The caller's scope disposes it.</summary>
    public torch.Tensor FromHost(Span<byte> values)
    {
        var host = torch.empty(values.Length / info.UnitSize, Tensor.dtype);
        host.bytes = values;
        return host.to(Tensor.device);
    }

    private static void Check(torch.Tensor tensor, TensorInfo info)
    {
        if (TorchDTypes.Of(tensor.dtype, info.Name) is var type && type != info.Type)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, info.Name,
                $"The module's tensor has the dtype {DTypes.NameOf(type)}; the layout has {DTypes.NameOf(info.Type)}.",
                "Convert the module, or create base and layout with its dtype.");
        }

        if (!tensor.shape.AsSpan().SequenceEqual(info.Shape.ToArray()))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, info.Name,
                $"The tensor has the shape {TensorInfo.ShapeText(tensor.shape)}; the layout has {TensorInfo.ShapeText(info.Shape)}.",
                "Build the module like the base, or declare the tensor as the task's own.");
        }

        if (tensor.is_sparse || tensor.device_type == DeviceType.META)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, info.Name, "The tensor is sparse, or has no values.", "Register dense tensors with values.");
        }
    }

    private delegate void Visit(Span<byte> memory, ReadOnlySpan<long> places, long origin, int unitSize, Span<byte> values);

    // Iterates over positions with the window of memory that contains each group.
    private unsafe void Walk(ReadOnlySpan<long> positions, Span<byte> values, Visit visit)
    {
        if (positions.IsEmpty)
        {
            return;
        }

        var data = HostMemory.AddressOf(Tensor);
        var (span, size) = ((shape?.Span ?? info.Units) * info.UnitSize, info.UnitSize);
        var places = shape is null ? positions : PlacesOf(positions);
        for (var begin = 0; begin < places.Length;)
        {
            var origin = places[begin] * size / Window * Window;
            var (first, last) = (origin / size, (Math.Min(span, origin + Window) / size) - 1);
            var end = begin + 1;
            while (end < places.Length && places[end] >= first && places[end] <= last)
            {
                end++;
            }

            visit(
                new Span<byte>(data + origin, (int)Math.Min(Window, span - origin)), places[begin..end], first, size,
                values[(begin * size)..(end * size)]);
            begin = end;
        }
    }

    private long[] PlacesOf(ReadOnlySpan<long> positions)
    {
        var places = positions.ToArray();
        for (var index = 0; shape is not null && index < places.Length; index++)
        {
            places[index] = shape.PlaceOf(places[index]);
        }

        return places;
    }

    // A buffer of whole units around a range of bytes.
    private byte[] UnitsOf(long offset, int length, out int skipped)
    {
        var (first, end) = (offset / info.UnitSize, (offset + length + info.UnitSize - 1) / info.UnitSize);
        skipped = (int)(offset - (first * info.UnitSize));
        return new byte[(end - first) * info.UnitSize];
    }

    private void ReadUnits(long first, byte[] units)
    {
        if (onDevice && IsContiguous)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            Memory().narrow(0, first, units.Length / info.UnitSize).cpu().bytes.CopyTo(units);
        }
        else
        {
            OverRange(first, units, Gather);
        }
    }

    private void WriteUnits(long first, byte[] units)
    {
        if (onDevice && IsContiguous)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            Memory().narrow(0, first, units.Length / info.UnitSize).copy_(FromHost(units));
        }
        else
        {
            OverRange(first, units, Scatter);
        }
    }

    private delegate void Transfer(ReadOnlySpan<long> positions, torch.Tensor? index, Span<byte> values);

    private void OverRange(long first, byte[] units, Transfer transfer)
    {
        var positions = new long[units.Length / info.UnitSize];
        for (var index = 0; index < positions.Length; index++)
        {
            positions[index] = first + index;
        }

        using var places = onDevice ? IndexOf(positions) : null;
        transfer(positions, places, units);
    }
}
