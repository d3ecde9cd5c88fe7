Console.WriteLine("FishCheckpoint");
