using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>Opens full versions, and names the invalid one in errors.</summary>
internal static class FullVersion
{
    public static ModelFolder Open(FoundVersion version, int maxHeaderLength)
    {
        try
        {
            return ModelFolder.Open(version.Path, maxHeaderLength).Without(version.Own);
        }
        catch (FishException error)
        {
            throw new FishException(error.Code, $"{version.Key}: {error.Key}", error.Cause, error.Hint, error);
        }
    }
}
