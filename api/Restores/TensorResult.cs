using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Restores;

/// <summary>Streams the raw bytes of one tensor while they are rebuilt. Owns the reader.</summary>
internal sealed class TensorResult(IModelReader reader, string tensor) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var owned = reader;
        if (!reader.Layout.TryIndexOf(tensor, out var index))
        {
            throw new FishException(
                ErrorCode.TensorUnknown, tensor, "The model does not have this tensor.", "The header of model.safetensors lists them.");
        }

        var (info, response) = (reader.Layout.Tensors[index], httpContext.Response);
        response.Headers["Fish-Dtype"] = DTypes.NameOf(info.Type);
        response.Headers["Fish-Shape"] = TensorInfo.ShapeText(info.Shape);
        response.ContentLength = info.Bytes;
        response.ContentType = MediaTypes.Bytes;
        if (!httpContext.IsHead())
        {
            await reader.CopyTensorAsync(tensor, response.BodyWriter, httpContext.RequestAborted);
        }
    }
}
