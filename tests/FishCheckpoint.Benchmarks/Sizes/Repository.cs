namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>The source tree that this program was built in.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The program was moved out of it.</exception>
    public static string Root
    {
        get
        {
            for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "FishCheckpoint.sln")))
                {
                    return folder;
                }
            }

            throw new DirectoryNotFoundException("FishCheckpoint.sln is not above the program.");
        }
    }
}
